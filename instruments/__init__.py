"""Questionnaires as data: definitions, scoring and the crisis rule, pure and without a framework."""

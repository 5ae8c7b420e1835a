"""Answers from elsewhere: files of other systems, paper."""

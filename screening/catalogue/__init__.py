"""The instrument catalogue of a school, and licensed wording that it brings."""

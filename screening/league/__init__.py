"""The League branch: pairings, care tasks, concerns and the words to watch for."""

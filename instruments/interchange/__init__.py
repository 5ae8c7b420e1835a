"""Scales and answers for other programs: FHIR R4, SPSS and the codebook."""

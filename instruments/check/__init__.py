"""Whether the library may be used at all: files, definitions, texts."""

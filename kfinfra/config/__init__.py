"""From files and variables to desired resources: blocks decoded, references ordered, values checked against schemas."""

"""The blocks of a pipeline in HCL, evaluated to the neutral pipeline with the place of every part."""

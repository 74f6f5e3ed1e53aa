"""Pure rules: values in, values out; no input or output, no clock, no thread."""

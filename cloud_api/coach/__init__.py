"""Tips and answers by a language model, and the coach of a stream."""

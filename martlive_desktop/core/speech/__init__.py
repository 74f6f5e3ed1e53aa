"""From voice probabilities and repeated decodes to utterances and stable words."""

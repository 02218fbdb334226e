"""Models of others: hub vision-language models through transformers, and API models through `ipt.endpoint`."""

"""Training retrievers and query generators: data, recipes and losses around sentence-transformers' trainer."""

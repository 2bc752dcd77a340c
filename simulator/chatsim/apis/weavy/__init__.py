"""The Weavy Conversations API."""

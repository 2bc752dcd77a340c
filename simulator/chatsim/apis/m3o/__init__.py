"""M3O's chat service: the documented calls at /chat, the later ones at /v1/chat."""

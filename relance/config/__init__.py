"""How an installation is put together: settings, addresses, the ASGI application, the database server."""

"""The web site: pages drawn on the server, whole without JavaScript, in English and Spanish."""

from espi.app import create_app  # noqa: D100 - two lines say all there is

app = create_app()

"""The help of the portal: articles in two languages, who they are for, which pages they explain, and how to find them.

What an article is about is declared in `contents`; its words are a file of each language in `articles/`.
"""

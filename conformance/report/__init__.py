"""Reports: text, JSON, JUnit and one HTML file."""

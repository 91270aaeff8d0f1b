# Every recipe is in run.py, which needs nothing but Python's standard library.
PYTHON ?= python3

.PHONY: setup run test lint check-shared clients conformance bench bench-night fuzz

setup run lint check-shared clients conformance bench bench-night:
	@$(PYTHON) run.py $@

test:
	@$(PYTHON) run.py test $(if $(COVERAGE),--coverage) $(if $(DATABASE),--database $(DATABASE))

fuzz:
	@$(PYTHON) run.py fuzz $(COUNT)

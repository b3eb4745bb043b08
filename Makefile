# The two commands are `make demo` and `make test`; both set up what they need in .venv.
.PHONY: demo test check format lock clean

demo:
	@scripts/set-up run
	@.venv/bin/remit demo $(DEMO)

test:
	@scripts/set-up dev
	@scripts/test-needs
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(TEST)

check:
	@scripts/set-up dev
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/mypy tests benchmarks
	@.venv/bin/lint-imports

format:
	@scripts/set-up dev
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

lock:
	@scripts/lock

clean:
	rm -rf .venv .remit .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

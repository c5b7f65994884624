# API tests: Debian's boto3 and AWS CLI against a program of their own, with --guests none.
.PHONY: api-test
## api-test      the API over HTTP with boto3 and the AWS CLI
api-test: $(BUILD)/groundschool
	@API_PROGRAM=$(BUILD)/groundschool PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q tests/api

FROM python:3.11-slim-bookworm

# The address of another package index, where one is needed to build.
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation -e . && python -m compileall -q .

USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["qianzhang"]
CMD ["server", "--host", "0.0.0.0", "--port", "8000"]

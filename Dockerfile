# One image for web, worker, beat and the one-time provisioning; the command differs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 DATA_DIR=/data
WORKDIR /app
COPY requirements.txt .
RUN pip install --disable-pip-version-check --require-hashes -r requirements.txt
COPY . .
RUN useradd --system --uid 10001 accord && mkdir /data && chown accord /data
USER accord
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--workers", "2"]

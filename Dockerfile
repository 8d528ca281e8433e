FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DISPATCH_DATA=/data \
    HOST=0.0.0.0

WORKDIR /app

COPY requirements.txt ./
RUN pip install --requirement requirements.txt

COPY manage.py ./
COPY locale ./locale
COPY templates ./templates
COPY static ./static
COPY dispatch ./dispatch
COPY teams ./teams
COPY cases ./cases

RUN python -m compileall -q dispatch teams cases \
    && python -m dispatch.embedded messages \
    && useradd --system --uid 10001 --home-dir /data --create-home dispatch

USER 10001
VOLUME /data
EXPOSE 8000

CMD ["python", "-m", "dispatch.embedded", "serve", "--only", "web"]

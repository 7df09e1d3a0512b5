# kfinfra for a CI job: `docker run --rm -v "$PWD:/work" kfinfra plan`. Credentials come as they do elsewhere: environment, files.
FROM python:3.12-slim

# git: modules of repositories (`kfinfra init`).
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*

COPY . /opt/kfinfra
RUN pip install --no-cache-dir /opt/kfinfra && rm -rf /opt/kfinfra

RUN useradd --create-home kfinfra
USER kfinfra
WORKDIR /work
ENV KFINFRA_IN_AUTOMATION=1
ENTRYPOINT ["kfinfra"]
CMD ["--help"]

# syntax=docker/dockerfile:1
# The image of kserve-model-registry: Node 24 LTS without a shell, and the bundled program. Nothing in it is written to
# at run time, so it runs with a read-only root, as any user.
#
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" -t kserve-model-registry:0.1.0 .

# Base images are named by the digest of their index of architectures: a tag may come to mean another image, unseen. The update
# tool moves them (renovate.json).

# The bundle is the same on every architecture: it is built once, on the architecture of the builder.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY . .
RUN npm run build && node scripts/sbom.ts

# The trained models of the demo, served as KServe serves them: compose.yaml starts them beside the registry.
FROM build AS models
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kserve-model-registry-models" \
      org.opencontainers.image.description="The trained models of the demo of kserve-model-registry" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
USER 1000:1000
EXPOSE 8081
CMD ["node", "demo/serve-models.ts"]

# What KServe runs before a model server (options/csi): the program, and KServe's own downloader in Python.
#
#   docker build --target storage-initializer -t kserve-model-registry-storage-initializer:0.1.0 .
FROM docker.io/library/python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b AS storage-initializer
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kserve-model-registry-storage-initializer" \
      org.opencontainers.image.description="Brings the files of registered models to the model servers of KServe" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"
WORKDIR /app
COPY packaging/storage-initializer/requirements.txt ./
RUN pip install --no-cache-dir --no-compile --requirement requirements.txt
COPY --from=docker.io/library/node:24-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 \
  /usr/local/bin/node /usr/local/bin/
COPY --from=build /src/dist/kserve-model-registry.js /src/dist/package.json /src/dist/download.py /src/dist/LICENSE \
  /src/dist/THIRD-PARTY-NOTICES.txt /src/dist/sbom.cdx.json ./
COPY --from=build /src/dist/chunks ./chunks
# Caches of the clients of model hubs: nothing else is written to but the volume of the model.
ENV NODE_ENV=production HOME=/tmp
# KServe's own initializer has this user: volumes and secrets are readable to it.
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/node", "/app/kserve-model-registry.js", "storage-initializer"]

FROM gcr.io/distroless/nodejs24-debian12:nonroot@sha256:14d42e2511532589a7c7e01a753667a74fcc96266e137e8125006b87b0c32d0a
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kserve-model-registry" \
      org.opencontainers.image.description="One typed front door to the models that KServe serves" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="gcr.io/distroless/nodejs24-debian12:nonroot"
WORKDIR /app
COPY --from=build /src/dist ./
COPY --from=build /src/packaging/bin ./bin
# The command that manifests of Kubeflow's registry run.
COPY --from=build /src/packaging/model-registry /model-registry
# `kubectl exec POD -- kserve-model-registry list`, without a shell.
# Buffers from 4 MiB on are given back to the system as soon as they are freed. The allocator would learn from the first of them
# to keep the next, and large records would leave 100 MiB behind.
ENV NODE_ENV=production \
    MALLOC_MMAP_THRESHOLD_=4194304 \
    PATH=/app/bin:/nodejs/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# By number, so that Kubernetes can see that it is not root. On OpenShift any other user will do as well.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/kserve-model-registry.js", "health", "--timeout", "3s"]
# How Node keeps its memory small, and no slower for it: room for short-lived objects in MiB, how large the heap of the
# others is taken to be at least, by how much it may grow before it is looked through, that bodies count within these instead
# of having all objects looked through after every 64 MiB of them, and that no kind of object is taken for long-lived from
# the start: V8 learns that of the objects of a request when a pause has met many of them alive, and from then on each
# request leaves some behind for the slow collection.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=16", "--initial-old-space-size=96", "--heap-growing-percent=50", \
  "--external-memory-accounted-in-global-limit", "--no-allocation-site-pretenuring", "/app/kserve-model-registry.js"]
CMD ["serve"]

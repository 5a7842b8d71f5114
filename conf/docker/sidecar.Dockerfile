# The sidecar, alone in an image: no shell, no libraries, not root. After make
# dist, from the root of the project:
#
#   docker build -f conf/docker/sidecar.Dockerfile -t fluent-detect .
#   docker run -p 127.0.0.1:9880:9880 -v fluent-detect:/var/lib/fluent-detect fluent-detect
#   curl --data-binary @trail.json.gz http://127.0.0.1:9880/v1/ingest
#
# Alerts go to stdout until --alerts or a file of settings says otherwise:
#
#   docker run … fluent-detect serve --listen 0.0.0.0:9880 --state-path /var/lib/fluent-detect --alerts http://vector:9881/alerts
#
# SIGTERM goes on serving for up to 50 seconds: docker stop --time 60, in
# Kubernetes terminationGracePeriodSeconds: 60.
ARG BASE=gcr.io/distroless/static-debian13:nonroot
ARG TOOLS=docker.io/library/busybox:1.37

# Only to make a directory that belongs to another user than root.
FROM --platform=${BUILDPLATFORM} ${TOOLS} AS tools
RUN mkdir -p -m 0700 /state

FROM ${BASE}
ARG TARGETARCH
LABEL org.opencontainers.image.title="fluent-detect" \
      org.opencontainers.image.description="Detection rules over CloudTrail events, by HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/fluent-detect/fluent-detect"

COPY LICENSE dist/THIRD-PARTY-LICENSES /usr/share/doc/fluent-detect/
COPY --from=tools --chown=65532:65532 /state /var/lib/fluent-detect
COPY dist/linux_${TARGETARCH}/fluent-detect /usr/bin/fluent-detect

# The user that the base image calls nonroot, by number for runAsNonRoot.
USER 65532:65532
VOLUME /var/lib/fluent-detect
EXPOSE 9880
ENTRYPOINT ["/usr/bin/fluent-detect"]
CMD ["serve", "--listen", "0.0.0.0:9880", "--state-path", "/var/lib/fluent-detect", "--alerts", "-"]

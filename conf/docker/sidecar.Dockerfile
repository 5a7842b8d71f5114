# The sidecar alone in an image: no shell, no libraries, not root. Run make dist first, then in the
# root of the project:
#
#   docker build -f conf/docker/sidecar.Dockerfile -t fluent-detect .
#   docker run --network host -v fluent-detect:/var/lib/fluent-detect fluent-detect
#   curl --data-binary @trail.json.gz http://127.0.0.1:9880/v1/ingest
#
# It listens on the loopback address of its network: here the host's, in a pod that of all
# containers of the pod. Alerts go to stdout. If other hosts must reach it, it needs a password, in
# a file of settings that only user 65532 can read:
#
#   listen: 0.0.0.0:9880
#   listen_username: vector
#   listen_password: …
#   state_path: /var/lib/fluent-detect
#   alerts: http://vector:9881/alerts
#
#   docker run -p 9880:9880 -v ./fluent-detect.yaml:/etc/fluent-detect/fluent-detect.yaml:ro -v fluent-detect:/var/lib/fluent-detect \
#     fluent-detect serve --config /etc/fluent-detect/fluent-detect.yaml
#
# After SIGTERM it keeps serving for up to 50 seconds. Use docker stop --time 60, or in Kubernetes
# terminationGracePeriodSeconds: 60.
ARG BASE=gcr.io/distroless/static-debian13:nonroot
ARG TOOLS=docker.io/library/busybox:1.37

# Only makes a directory that does not belong to root.
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

# The user nonroot of the base image, as a number for runAsNonRoot.
USER 65532:65532
VOLUME /var/lib/fluent-detect
EXPOSE 9880
ENTRYPOINT ["/usr/bin/fluent-detect"]
CMD ["serve", "--listen", "127.0.0.1:9880", "--state-path", "/var/lib/fluent-detect", "--alerts", "-"]

# Fluent Bit's official image with the detection plugins. Run make dist first, then in the root of
# the project:
#
#   docker build -f conf/docker/fluent-bit.Dockerfile -t fluent-bit-detect .
#   docker run -v /var/log/cloudtrail:/var/log/cloudtrail:ro -v fluent-bit:/var/lib/fluent-bit fluent-bit-detect
#
# As the official image, it runs as root, has no shell, and is for amd64 and arm64
# (docker buildx build --platform linux/amd64,linux/arm64). Mount your own configuration over
# /etc/fluent-detect/fluent-bit.conf. Or leave yours where it is, and add
# "Plugins_File /etc/fluent-detect/plugins.conf" to its [SERVICE].
ARG FLUENT_BIT=docker.io/fluent/fluent-bit:5.1.1
FROM ${FLUENT_BIT}
ARG TARGETARCH
LABEL org.opencontainers.image.title="Fluent Bit with fluent-detect" \
      org.opencontainers.image.description="Fluent Bit with detection rules that run inside" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/fluent-detect/fluent-detect"

COPY dist/linux_${TARGETARCH}/out_detect.so dist/linux_${TARGETARCH}/in_detect.so dist/linux_${TARGETARCH}/in_cloudtrail.so /usr/lib/fluent-detect/
COPY LICENSE dist/THIRD-PARTY-LICENSES /usr/share/doc/fluent-detect/
COPY conf/fluent-bit/ /etc/fluent-detect/

VOLUME /var/lib/fluent-bit
# The entry point is Fluent Bit.
CMD ["-e", "/usr/lib/fluent-detect/out_detect.so", "-e", "/usr/lib/fluent-detect/in_detect.so", "-e", "/usr/lib/fluent-detect/in_cloudtrail.so", "-c", "/etc/fluent-detect/fluent-bit.conf"]

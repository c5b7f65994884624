# The same steps as `make run` on a Debian machine; tests/system proves them in a fresh Debian root.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/groundschool
COPY . .
RUN make deps && make all && make images IMAGES=/opt/images

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        libmicrohttpd12 libuv1 libsqlite3-0 libjansson4 libssl3 libxmlsec1-openssl libslirp0 libcbor0.8 libpcre2-8-0 zlib1g libcurl4 \
        qemu-system-x86 qemu-utils ovmf ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/groundschool/build/groundschool /usr/local/bin/groundschool
COPY --from=build /opt/images /opt/images
ENV GROUNDSCHOOL_LISTEN=0.0.0.0:4566 GROUNDSCHOOL_STATE=/var/lib/groundschool GROUNDSCHOOL_IMAGES=/opt/images
VOLUME /var/lib/groundschool
EXPOSE 4566
ENTRYPOINT ["groundschool"]
CMD ["serve"]

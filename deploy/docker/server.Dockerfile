# The standalone server. Built from the root of the repository:
#   docker build --file deploy/docker/server.Dockerfile --tag datastreamer-server .
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
RUN sh deploy/docker/build-app.sh @datastreamer/server-app /app

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
COPY --from=build /app /app
RUN install --directory --owner=node --group=node /data
USER node
WORKDIR /data
VOLUME /data
# Inside a container loopback is nobody; what is reachable is said by the ports that are published.
ENV DATASTREAMER_HOST=0.0.0.0 DATASTREAMER_ADMIN_HOST=0.0.0.0 DATASTREAMER_ADMIN_PORT=9090
EXPOSE 6900 9090
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:9090/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]

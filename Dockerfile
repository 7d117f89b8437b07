# The server in a container: one static binary, the web app and the playground built in, no shell, not root. Build it anywhere with
#   docker build -t purser .
FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/playground/package.json web/playground/package-lock.json playground/
COPY web/keeper/package.json web/keeper/package-lock.json keeper/
RUN (cd playground && npm ci --no-audit --no-fund) && (cd keeper && npm ci --no-audit --no-fund)
COPY graph/*.graphqls /src/graph/
COPY web/playground playground
COPY web/keeper keeper
RUN (cd playground && npm run build) && (cd keeper && npm run build)

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/playground/dist web/playground/dist
COPY --from=web /src/web/keeper/dist web/keeper/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /purser .

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /purser /purser
ENV APP_ENV=production LISTEN_ADDR=0.0.0.0:8080
EXPOSE 8080
# It answers SIGTERM by finishing what was begun, for DRAIN_GRACE and DRAIN_TIMEOUT: give it longer than both. A new version is a new container beside
# this one: process 1 cannot hand over to another (docs/operations.md).
STOPSIGNAL SIGTERM
ENTRYPOINT ["/purser"]

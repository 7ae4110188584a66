# syntax=docker/dockerfile:1
# One file, one target a service: docker build --target ingress .

FROM node:24-trixie-slim AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm ci --no-audit --no-fund \
 && NX_DAEMON=false npx nx run-many --target=build --parallel=2
# Of each project only what runs, and the file by which npm knows it.
RUN find apps libs -mindepth 2 -maxdepth 2 ! -name dist ! -name package.json -exec rm -rf {} +

FROM node:24-trixie-slim AS files
WORKDIR /app
COPY --from=build /app/package.json /app/package-lock.json ./
COPY --from=build /app/apps ./apps
COPY --from=build /app/libs ./libs
COPY --from=build /app/tools/package.json ./tools/
COPY --from=build /app/e2e/package.json ./e2e/

# What one service needs at run time, and nothing of the others.
FROM files AS ingress-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/ingress \
 && find apps -mindepth 1 -maxdepth 1 ! -name ingress -exec rm -rf {} +
FROM files AS crm-sync-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/crm-sync \
 && find apps -mindepth 1 -maxdepth 1 ! -name crm-sync -exec rm -rf {} +
FROM files AS email-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/email \
 && find apps -mindepth 1 -maxdepth 1 ! -name email -exec rm -rf {} +
FROM files AS calendar-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/calendar \
 && find apps -mindepth 1 -maxdepth 1 ! -name calendar -exec rm -rf {} +
FROM files AS audit-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/audit \
 && find apps -mindepth 1 -maxdepth 1 ! -name audit -exec rm -rf {} + \
 && mkdir /checkpoints
FROM files AS console-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/console \
 && find apps -mindepth 1 -maxdepth 1 ! -name console -exec rm -rf {} +
FROM files AS sandbox-files
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund --omit=dev --omit=optional --workspace @posthorn/sandbox \
 && find apps -mindepth 1 -maxdepth 1 ! -name sandbox -exec rm -rf {} + \
 && mkdir /data

# No shell and no package manager; the user is not root. Its entry point is Node, so a command names a script.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS runtime
WORKDIR /app
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps HOST=0.0.0.0 PORT=8080 POSTHORN_CONFIG=/etc/posthorn/posthorn.yaml
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

FROM runtime AS ingress
COPY --from=ingress-files /app /app
CMD ["apps/ingress/dist/bundle/main.js"]

FROM runtime AS crm-sync
COPY --from=crm-sync-files /app /app
CMD ["apps/crm-sync/dist/bundle/main.js"]

FROM runtime AS email
COPY --from=email-files /app /app
CMD ["apps/email/dist/bundle/main.js"]

FROM runtime AS calendar
COPY --from=calendar-files /app /app
CMD ["apps/calendar/dist/bundle/main.js"]

FROM runtime AS audit
COPY --from=audit-files /app /app
# A volume mounted here belongs to the same user.
COPY --from=audit-files --chown=65532:65532 /checkpoints /checkpoints
CMD ["apps/audit/dist/bundle/main.js"]

FROM runtime AS console
COPY --from=console-files /app /app
CMD ["apps/console/dist/bundle/main.js"]

FROM runtime AS sandbox
COPY --from=sandbox-files /app /app
# A volume mounted here belongs to the same user.
COPY --from=sandbox-files --chown=65532:65532 /data /data
CMD ["apps/sandbox/dist/bundle/main.js"]

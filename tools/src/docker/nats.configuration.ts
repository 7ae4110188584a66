import { natsPermissions } from '@posthorn/messaging';
import { SERVICES } from '../start/service.catalogue.js';
import { NATS_ADMIN } from '../start/stack.environment.js';

/** In nats.conf a bare `$NAME` is the variable's value; JSON has no way to say that. */
const BARE_VARIABLE = /"(\$NATS_[A-Z_]*PASSWORD[A-Z_]*)"/g;

/** The name of the variable that holds a service's password, in nats.conf as in docker-compose.yml. */
export const natsPasswordVariable = (service: string): string => `NATS_PASSWORD_${service.toUpperCase().replaceAll('-', '_')}`;

/** docker/nats.conf: the same users and rights as on the local stack, with passwords from the environment. */
export function dockerNatsConfiguration(): string {
  const users = [
    { user: NATS_ADMIN, password: '$NATS_ADMIN_PASSWORD' },
    ...SERVICES.flatMap(({ access }) =>
      access === undefined ? [] : [{ user: access.name, password: `$${natsPasswordVariable(access.name)}`, permissions: natsPermissions(access) }],
    ),
  ];
  return `# Made from tools/src/start/service.catalogue.ts; after a change there: npx vitest run tools/src/docker --update
# Each service may do what it needs and nothing else. Passwords come from the environment.

server_name: posthorn
listen: "0.0.0.0:4222"
# For the health check, which runs in the same container.
http: "127.0.0.1:8222"

jetstream {
  store_dir: "/data"
}

authorization ${JSON.stringify({ users }, undefined, 2).replace(BARE_VARIABLE, '$1')}
`;
}

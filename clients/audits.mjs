// node audits.mjs <baseURL>: the audits of graphql-http, the reference implementation of GraphQL over HTTP: MUST, SHOULD and MAY.
import { serverAudits } from 'graphql-http';
import { endpoint, suite } from './lib.mjs';

const checks = {};
for (const audit of serverAudits({ url: endpoint, fetchFn: fetch })) {
  checks[`${audit.id} ${audit.name}`] = async () => {
    const result = await audit.fn();
    if (result.status !== 'ok') throw new Error(`${result.status}: ${result.reason}`);
  };
}
await suite('graphql-http', checks);

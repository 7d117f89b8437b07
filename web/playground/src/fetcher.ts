// How GraphiQL asks: queries and mutations by POST, subscriptions by websocket (graphql-transport-ws). The headers editor
// feeds both: over the websocket its content is the connection_init payload.
import { createGraphiQLFetcher, type Fetcher, type FetcherParams, type Observable } from '@graphiql/toolkit';
import { getOperationAST } from 'graphql';
import { createClient, type ExecutionResult, type Sink } from 'graphql-ws';

const SESSION_OVER = 4403;
const sockets = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;

const post = createGraphiQLFetcher({ url: '/graphql', enableIncrementalDelivery: false });

export const fetcher: Fetcher = (operation, options) => {
  const kind = options?.documentAST && getOperationAST(options.documentAST, operation.operationName)?.operation;
  return kind === 'subscription' ? listen(operation, options?.headers) : post(operation, options);
};

// listen opens a socket for one subscription. A socket that broke is opened again, but not when its session is over: it
// would come back with the same token. (The toolkit's own sockets do, and leave their last error unhandled.)
function listen(operation: FetcherParams, headers?: Record<string, unknown>): Observable<ExecutionResult> {
  const client = createClient({
    url: sockets,
    connectionParams: headers,
    shouldRetry: (event) => event instanceof CloseEvent && event.code !== SESSION_OVER,
  });
  const subscribe = (sink: Sink<ExecutionResult>) => ({
    unsubscribe: client.subscribe(operation, {
      next: (result) => sink.next(result as ExecutionResult),
      error: (reason) => sink.error(readable(reason)),
      complete: () => sink.complete(),
    }),
  });
  return { subscribe } as Observable<ExecutionResult>;
}

function readable(reason: unknown) {
  if (reason instanceof CloseEvent) return new Error(`The socket was closed: ${reason.code} ${reason.reason}`.trim());
  return reason instanceof Event ? new Error('The socket could not be opened.') : reason;
}

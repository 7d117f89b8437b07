// Start of the page: GraphiQL with our transports, our tabs and our bar.
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createPortal } from 'react-dom';
import { createRoot } from 'react-dom/client';

import { LogInBar } from './LogInBar';
import { walkTabs } from './walk';

// Queries and mutations go by POST, subscriptions by websocket (graphql-transport-ws). The headers
// editor feeds both: over the websocket its content is the connection_init payload.
const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  subscriptionUrl: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  enableIncrementalDelivery: false,
});

const bar = document.getElementById('bar')!;

// Passwords and codes get typed here, so what GraphiQL remembers (tabs, history) ends with the
// window, and headers are not remembered at all. Two windows are two independent people.
createRoot(document.getElementById('root')!).render(
  <GraphiQL
    fetcher={fetcher}
    storage={sessionStorage}
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    defaultTabs={walkTabs()}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <span />
    </GraphiQL.Logo>
    {createPortal(<LogInBar />, bar)}
  </GraphiQL>,
);

// Start of the page: GraphiQL with our transports, our tabs and our bar.
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './style.css';

import { GraphiQL } from 'graphiql';
import { createPortal } from 'react-dom';
import { createRoot } from 'react-dom/client';

import { fetcher } from './fetcher';
import { LogInBar } from './LogInBar';
import { walkTabs } from './walk';

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

// The walk: registration to the first received transfer, one tab per step. Each step is
// NN-name.graphql, with the tab's variables beside it in NN-name.json.
const operations = load(import.meta.glob('./walk/*.graphql', { query: '?raw', import: 'default', eager: true }));
const variables = load(import.meta.glob('./walk/*.json', { query: '?raw', import: 'default', eager: true }));

// The idempotency key as it stands in the files; every window starts with a key of its own.
const SAMPLE_KEY = '00000000-0000-4000-8000-000000000000';

export function walkTabs() {
  return [...operations.keys()].sort().map((step) => ({
    query: operations.get(step)!,
    variables: variables.get(step)?.replaceAll(SAMPLE_KEY, () => crypto.randomUUID?.() ?? SAMPLE_KEY),
  }));
}

function load(files: Record<string, unknown>) {
  return new Map(Object.entries(files).map(([path, text]) => [path.replace(/\.\w+$/, ''), text as string]));
}

// node schema.mjs NAME: what tools of app teams make of the schema. NAME is one of the suites below; none needs a server.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, printSchema } from 'graphql';
import { suite } from './lib.mjs';

const here = new URL('.', import.meta.url).pathname;
const graph = join(here, '..', 'graph');
const documents = join(here, 'operations', '*.graphql');
const sources = readdirSync(graph).filter((name) => name.endsWith('.graphqls') && name !== 'released.graphqls').sort();
const sdl = sources.map((name) => readFileSync(join(graph, name), 'utf8')).join('\n');

// inTemp gives a check a folder of its own with the whole schema in one file: beside node_modules, for what imports from there, or far from
// any repository, for relay-compiler, which adds what it makes to it.
async function inTemp(check, parent = here) {
  const folder = mkdtempSync(join(parent, '.check-'));
  try {
    writeFileSync(join(folder, 'schema.graphql'), printSchema(buildSchema(sdl))); // its extensions merged
    await check(folder, join(folder, 'schema.graphql'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const strict = {
  '@graphql-eslint/known-type-names': 'error',
  '@graphql-eslint/no-hashtag-description': 'error',
  '@graphql-eslint/no-typename-prefix': 'error',
  '@graphql-eslint/no-unreachable-types': 'error',
  '@graphql-eslint/possible-type-extension': 'error',
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
  '@graphql-eslint/relay-connection-types': 'error',
  '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
  '@graphql-eslint/relay-page-info': 'error',
  '@graphql-eslint/require-deprecation-reason': 'error',
  '@graphql-eslint/require-description': ['error', { types: true, DirectiveDefinition: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true,
    ignoredSelectors: ['[type=InputValueDefinition][name.value=input]'] }], // its type says what it is
  '@graphql-eslint/require-nullable-fields-with-oneof': 'error',
  '@graphql-eslint/unique-enum-value-names': 'error',
  '@graphql-eslint/naming-convention': ['error', {
    types: 'PascalCase', FieldDefinition: 'camelCase', InputValueDefinition: 'camelCase', Argument: 'camelCase', DirectiveDefinition: 'camelCase', EnumValueDefinition: 'UPPER_CASE',
  }],
};

const suites = {
  '@graphql-codegen/cli': {
    'typed documents are generated for every operation': () => inTemp(async (folder, schema) => {
      const { generate } = await import('@graphql-codegen/cli');
      const made = await generate({
        schema, documents, silent: true, errorsOnly: true,
        generates: { [`${folder}/gql/`]: { preset: 'client', presetConfig: { persistedDocuments: true }, config: { strictScalars: true, scalars: scalars() } } },
      }, true);
      const persisted = JSON.parse(made.find((file) => file.filename.endsWith('persisted-documents.json')).content);
      const operations = readFileSync(join(here, 'operations', 'app.graphql'), 'utf8').match(/^(query|mutation|subscription) /gm).length;
      if (Object.keys(persisted).length !== operations) throw new Error(`${Object.keys(persisted).length} documents of ${operations}`);
      execFileSync(join(here, 'node_modules', '.bin', 'tsc'), ['--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', `${folder}/gql/graphql.ts`], { cwd: here, stdio: 'pipe', encoding: 'utf8' });
    }),
  },
  'relay-compiler': {
    'queries, a refetchable connection and a subscription compile': () => inTemp(async (folder, schema) => {
      cpSync(join(here, 'relay'), join(folder, 'src'), { recursive: true });
      writeFileSync(join(folder, 'relay.config.json'), JSON.stringify({ src: './src', schema: './schema.graphql', language: 'javascript' }));
      execFileSync(process.execPath, [join(here, 'node_modules', 'relay-compiler', 'cli.js'), 'relay.config.json'], { cwd: folder, stdio: 'pipe' });
      const made = readdirSync(join(folder, 'src', '__generated__'));
      if (made.length !== 4) throw new Error(`made ${made}`);
    }, tmpdir()),
  },
  '@graphql-eslint/eslint-plugin': Object.fromEntries(Object.keys(strict).map((rule) => [rule.split('/')[1], () => lint(rule)])),
  '@graphql-inspector/core': {
    'nothing that was released is broken': async () => {
      const { diff } = await import('@graphql-inspector/core');
      const released = readFileSync(join(graph, 'released.graphqls'), 'utf8');
      const broken = (await diff(buildSchema(released), buildSchema(sdl))).filter((change) => change.criticality.level === 'BREAKING');
      if (broken.length > 0) throw new Error(broken.map((change) => change.message).join('; '));
    },
    'it would be found': async () => {
      const { diff } = await import('@graphql-inspector/core');
      const without = sdl.replace(/^ {2}wmid: WMID!$/m, '  wmid: WMID');
      const broken = (await diff(buildSchema(sdl), buildSchema(without))).filter((change) => change.criticality.level === 'BREAKING');
      if (broken.length === 0) throw new Error('a removed field went unseen');
    },
  },
};

const scalars = () => Object.fromEntries([...sdl.matchAll(/^scalar (\w+)/gm)].map(([, name]) => [name, 'string']));

async function lint(rule) {
  const { ESLint } = await import('eslint');
  const { default: plugin } = await import('@graphql-eslint/eslint-plugin');
  const eslint = new ESLint({
    cwd: join(here, '..'), overrideConfigFile: true,
    overrideConfig: [{
      files: ['**/*.graphqls'],
      languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: sources.map((name) => join(graph, name)) } } },
      plugins: { '@graphql-eslint': plugin }, rules: { [rule]: strict[rule] },
    }],
  });
  const results = await eslint.lintFiles(sources.map((name) => `graph/${name}`));
  const found = results.flatMap((file) => file.messages.map((m) => `${file.filePath.split('/').at(-1)}:${m.line} ${m.message}`));
  if (found.length > 0) throw new Error(`${found.length}: ${found.slice(0, 3).join(' | ')}`);
}

process.chdir(here); // where the generators look for their parts
const name = process.argv[2];
await suite(name, suites[name]);

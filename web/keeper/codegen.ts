import type { CodegenConfig } from '@graphql-codegen/cli';
import type { Types } from '@graphql-codegen/plugin-helpers';
import { Kind, visit } from 'graphql';

// withTypenames asks for the type of every object but the operation itself: by them urql knows what a mutation makes old.
const withTypenames: Types.DocumentTransformFunction = ({ documents }) =>
  documents.map((file) => ({
    ...file,
    document: file.document && visit(file.document, {
      SelectionSet(node, _, parent) {
        if (Array.isArray(parent) || (parent as { kind: Kind }).kind === Kind.OPERATION_DEFINITION || node.selections.some((s) => s.kind === Kind.FIELD && s.name.value === '__typename')) return undefined;
        return { ...node, selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }, ...node.selections] };
      },
    }),
  }));

// The types of what the app asks, from the schema of this repository.
const config: CodegenConfig = {
  schema: ['../../graph/*.graphqls', '!../../graph/released.graphqls'],
  documents: ['src/operations/*.graphql'],
  silent: true,
  generates: {
    'src/gql/': {
      preset: 'client',
      // The app sends hashes; the texts stay in src/gql/persisted-documents.json, of which vite.config.ts makes the manifest for the server.
      presetConfig: { fragmentMasking: false, persistedDocuments: { mode: 'replaceDocumentWithHash', hashAlgorithm: 'sha256', hashPropertyName: 'hash' } },
      documentTransforms: [{ transform: withTypenames }],
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        skipTypename: true,
        defaultScalarType: 'string',
        scalars: {
          DateTime: 'string', Date: 'string', Decimal: 'string', UUID: 'string', PhoneNumber: 'string',
          EmailAddress: 'string', WMID: 'string', WalletNumber: 'string', CurrencyLetter: 'string',
        },
      },
    },
  },
};

export default config;

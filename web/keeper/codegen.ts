import type { CodegenConfig } from '@graphql-codegen/cli';

// The types of what the app asks, from the schema of this repository.
const config: CodegenConfig = {
  schema: ['../../graph/*.graphqls', '!../../graph/released.graphqls'],
  documents: ['src/operations/*.graphql'],
  silent: true,
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
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

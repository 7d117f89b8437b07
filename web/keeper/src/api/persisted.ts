import type { DocumentNode } from 'graphql';

// What stands for a document that the server knows: its hash, and what the client library asks of one. vite.config.ts puts it in the document's place.
export const persisted = (operation: string, name: string, documentId: string) => ({
  kind: 'Document', documentId,
  definitions: [{ kind: 'OperationDefinition', operation, name: { kind: 'Name', value: name }, selectionSet: { kind: 'SelectionSet', selections: [] } }],
});

// hashOf is the SHA-256 of a document's text.
export const hashOf = (document: unknown) => (document as DocumentNode & { documentId: string }).documentId;

import { Alert, Button } from '@mantine/core';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AnyVariables, type CombinedError, type DocumentInput, useMutation } from 'urql';
import { isLost, isUndecided } from '../api/network';
import type { ProblemFragment } from '../gql/graphql';

type Payload = { userErrors: ProblemFragment[] };
export type Outcome<P> = { payload?: P; problems: ProblemFragment[]; lost: boolean; undecided: boolean };

type Said = { problems: ProblemFragment[]; error?: CombinedError; language?: string };
const NOTHING: Said = { problems: [] };

// useAct runs a mutation of one field. What a person can act on is in `problems`; `lost` says that no answer came, `undecided` that it may be done
// all the same.
export function useAct<D extends Record<string, Payload>, V extends AnyVariables>(document: DocumentInput<D, V>) {
  const [{ fetching }, execute] = useMutation<D, V>(document);
  const { language } = useTranslation().i18n;
  const [said, setSaid] = useState<Said>(NOTHING);
  const cleared = useRef(0); // how often
  const { problems, error } = said.language === language ? said : NOTHING; // what the server said before is in the language of before

  async function run(variables: V): Promise<Outcome<D[keyof D]>> {
    setSaid(NOTHING);
    const before = cleared.current;
    const result = await execute(variables);
    const payload = result.data ? (Object.values(result.data)[0] as D[keyof D]) : undefined;
    const found = payload?.userErrors ?? [];
    if (before === cleared.current) setSaid({ problems: found, error: result.error, language });
    return { payload: found.length === 0 ? payload : undefined, problems: found, lost: isLost(result.error), undecided: isUndecided(result.error) };
  }
  // clear forgets what kept it from being done, be it said late.
  function clear() {
    cleared.current++;
    setSaid(NOTHING);
  }
  return { run, clear, busy: fetching, problems, error };
}

// whole keeps each sum of a message together with its currency.
const whole = (message: string) => message.replace(/(\d) (?=[A-Z]{3}\b)/g, '$1\u00a0');

// Failure says that something was not done.
export const Failure = ({ children }: { children: ReactNode }) => <Alert color="red" role="alert" variant="light">{children}</Alert>;

// Problems says what kept something from being done, with a way out.
export function Problems({ problems, error, retry }: { problems?: ProblemFragment[]; error?: CombinedError; retry?: () => void }) {
  const { t } = useTranslation();
  if (!error && !problems?.length) return null;
  const reference = error?.graphQLErrors.find((e) => e.extensions?.reference)?.extensions?.reference;
  return (
    <Alert color="red" role="alert" variant="light">
      {problems?.map((p) => (
        <div key={p.code + p.message}>{whole(p.message)}</div>
      ))}
      {error && <div>{isLost(error) ? t('failedNetwork') : (error.graphQLErrors[0]?.message ?? t('failed'))}</div>}
      {reference ? <div>{t('reference', { reference: String(reference) })}</div> : null}
      {retry && <Button mt="xs" size="xs" variant="default" onClick={retry}>{t('retry')}</Button>}
    </Alert>
  );
}

// of picks what concerns a field, for the field itself.
export const of = (problems: ProblemFragment[], field: string) => {
  const message = problems.find((p) => p.field?.at(-1) === field)?.message;
  return message && whole(message);
};

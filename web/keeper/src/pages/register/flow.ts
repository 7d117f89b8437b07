import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { forgetBegun, keepBegun, readBegun } from '../../api/begun';
import { type ChallengePartsFragment, type ProblemFragment, RegistrationDocument, type RegistrationPartsFragment } from '../../gql/graphql';

export type Place = 'phone' | 'profile' | 'code' | 'password' | 'known' | 'done';
export type Whose = 'ours' | 'another' | 'either'; // the account of the phone: the one that was opened here, one that was there before, or nobody can tell by now
type Led = { payload?: { registration?: RegistrationPartsFragment | null }; problems: ProblemFragment[] };

const ORDER = ['SUBMIT_PROFILE', 'VERIFY_PHONE', 'COMPLETE', 'LOG_IN'];

const stepOf = (r: RegistrationPartsFragment): Place =>
  r.nextStep === 'LOG_IN' ? 'known' : r.nextStep === 'COMPLETE' ? 'password' : r.nextStep === 'VERIFY_PHONE' && r.challenge ? 'code' : 'profile';

// useRegistration is how far a registration is, by what the server says of it. One that was begun in a tab that was closed goes on.
export function useRegistration() {
  const client = useClient();
  const [registration, setRegistration] = useState<RegistrationPartsFragment>();
  const [asking, setAsking] = useState<'asking' | 'failed' | 'asked'>('asking');
  const [past, setPast] = useState<'resumed' | 'gone'>();
  const [back, setBack] = useState<'phone' | 'profile'>(); // to correct something
  const correcting = useRef(back);
  correcting.current = back;
  const [whose, setWhose] = useState<Whose>('another');

  async function find(token: string) {
    const { data, error } = await client.query(RegistrationDocument, { token }, { requestPolicy: 'network-only' }).toPromise();
    if (error) throw error;
    return data?.registration ?? undefined;
  }

  async function resume() {
    setAsking('asking');
    try {
      const { token, gone } = await readBegun('registration');
      const found = token ? await find(token) : undefined;
      if (found) setRegistration(found);
      setWhose('either');
      setPast(found ? 'resumed' : token || gone ? 'gone' : undefined);
      if (!found && (token || gone)) forgetBegun('registration');
      setAsking('asked');
    } catch {
      setAsking('failed');
    }
  }
  useEffect(() => void resume(), []);

  // anew leaves nothing of it.
  function anew(why?: 'gone') {
    forgetBegun('registration');
    setPast(why);
    setBack(undefined);
    setRegistration(undefined);
  }

  function keep(next: RegistrationPartsFragment) {
    keepBegun('registration', next.token);
    setBack(undefined);
    setPast(undefined);
    setWhose('another');
    setRegistration(next);
  }

  // goOn follows what a step has led to. One that is refused because it is not due may have been done, and its answer lost: the server says what is due.
  async function goOn({ payload, problems }: Led, completing = false) {
    if (payload?.registration) return keep(payload.registration);
    const codes = problems.map((p) => p.code);
    if (codes.includes('REGISTRATION_EXPIRED')) return anew('gone');
    const isOutOfOrder = codes.includes('STEP_OUT_OF_ORDER');
    if (!registration || (!isOutOfOrder && !codes.includes('PHONE_TAKEN'))) return;
    const found = await find(registration.token).catch(() => registration); // then what was refused is said, and can be tried again
    if (!found) return anew('gone');
    setBack(undefined);
    setWhose(completing && isOutOfOrder ? 'ours' : 'another');
    setRegistration(found);
  }

  // know takes what a step has led to that one has left by now, to correct something: one stays where one is. What is behind one, or of another registration, is nothing.
  function know({ payload }: Led) {
    const next = payload?.registration;
    if (next && correcting.current) setRegistration((now) => (now?.token === next.token && ORDER.indexOf(next.nextStep) >= ORDER.indexOf(now.nextStep) ? next : now));
  }
  const challenged = (next: ChallengePartsFragment) => setRegistration((now) => (now?.challenge?.id === next.id ? { ...now, challenge: next } : now));

  const place: Place = back ?? (registration ? stepOf(registration) : 'phone');
  return { place, registration, asking, past, whose, resume, anew, goOn, setBack, wasSubmitted: !!registration?.profileSubmitted, know, challenged };
}

import { Anchor, Button, Loader, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Navigate } from 'react-router';
import { forgetBegun } from '../../api/begun';
import { adopt, type Handed, sessionState } from '../../api/session';
import { Narrow, NoAnswer } from '../../ui/narrow';
import { usePayLink } from '../../ui/pay-link';
import { Code, Phone, Profile } from './begin';
import { Done, Password } from './finish';
import { type Place, useRegistration } from './flow';

const PLACES: Place[] = ['phone', 'profile', 'code', 'password', 'done'];

// Register opens an account, step by step. What is typed on the way is kept in memory alone, so that one can go back to it.
export default function Register() {
  const { t } = useTranslation();
  const pay = usePayLink();
  const [wasIn] = useState(() => sessionState() === 'in');
  const flow = useRegistration();
  const [phone, setPhone] = useState('');
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [wmid, setWmid] = useState<string>();
  const [entering, setEntering] = useState<'waits' | 'lost' | 'in'>('waits');

  if (wasIn) return <Navigate to={pay ? `/send${pay}` : '/'} replace />;
  if (flow.asking !== 'asked') {
    return (
      <Narrow title={t('register')} waits>
        {flow.asking === 'asking' ? <Loader aria-label={t('register')} /> : <NoAnswer retry={() => void flow.resume()} />}
      </Narrow>
    );
  }
  const { registration } = flow;
  const place: Place = wmid ? 'done' : flow.place;
  if (place === 'known') return <Known phone={registration!.phone} opened={flow.opened} onAnew={() => flow.anew()} />;

  async function enter(made: string, tokens: Handed) {
    forgetBegun('registration');
    setWmid(made);
    await adopt(tokens, () => setEntering('lost')); // the WMID is on the screen meanwhile
    setEntering('in');
  }
  const title = { phone: t('stepPhone'), profile: t('stepProfile'), code: t('stepCode'), password: t('stepPassword'), done: t('stepDone') }[place];
  return (
    <Narrow title={title} step={{ name: place, at: PLACES.indexOf(place) + 1, of: PLACES.length }}>
      {flow.past && place !== 'done' && <Text size="sm" role="status">{t(flow.past === 'gone' ? 'registrationGone' : place === 'profile' && !flow.wasSubmitted ? 'resumeNumber' : 'resume')}</Text>}
      {flow.past === 'resumed' && place !== 'done' && <Button variant="subtle" onClick={() => { setTyped({}); setPhone(''); flow.anew(); }}>{t('notMine')}</Button>}
      {place === 'phone' && <Phone phone={phone || registration?.phone || ''} onPhone={setPhone} begun={registration?.phone} onDone={flow.goOn} onBack={() => flow.setBack(undefined)} />}
      {place === 'profile' && registration && (
        <Profile token={registration.token} typed={typed} onTyped={setTyped} wasSubmitted={flow.wasSubmitted} onDone={flow.goOn} onPhone={() => flow.setBack('phone')} onBack={() => flow.setBack(undefined)} />
      )}
      {place === 'code' && registration?.challenge && <Code registration={registration} onChallenge={(challenge) => flow.challenged({ ...registration, challenge })} onDone={flow.goOn} onBack={() => flow.setBack('profile')} />}
      {place === 'password' && registration && <Password token={registration.token} onDone={(made, tokens) => void enter(made, tokens)} onRefused={(led) => flow.goOn(led, true)} onBack={() => flow.setBack('profile')} />}
      {place === 'done' && <Done wmid={wmid!} entering={entering} />}
      {place === 'phone' && <Text>{t('haveAccount')} <Anchor component={Link} to={`/login${pay}`} underline="always">{t('logIn')}</Anchor></Text>}
    </Narrow>
  );
}

// Known is for a phone that has an account: of somebody's, or of this registration, whose answer was lost.
function Known({ phone, opened, onAnew }: { phone: string; opened: boolean; onAnew: () => void }) {
  const { t } = useTranslation();
  const pay = usePayLink();
  return (
    <Narrow title={t(opened ? 'accountOpenTitle' : 'phoneKnownTitle')} step={{ name: 'known' }}>
      <Text>{t(opened ? 'accountOpen' : 'phoneKnown', { phone })}</Text>
      <Button component={Link} to={`/login${pay}`} state={{ login: phone }} onClick={() => forgetBegun('registration')}>{t('logIn')}</Button>
      <Button variant="subtle" onClick={onAnew}>{t('anotherPhone')}</Button>
    </Narrow>
  );
}

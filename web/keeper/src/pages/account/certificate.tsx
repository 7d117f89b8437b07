import { Alert, Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type CertificateLevel, type DocumentKind, type OwnPartsFragment, RequestCertificateDocument } from '../../gql/graphql';
import { time } from '../../text/text';
import { Problems, useAct } from '../../ui/act';
import { OwnPage, Told } from '../../ui/form';
import { Upload } from '../../ui/upload';

const levels: CertificateLevel[] = ['ALIAS', 'FORMAL', 'INITIAL', 'PERSONAL'];
const papers: Record<CertificateLevel, DocumentKind[]> = { ALIAS: [], FORMAL: [], INITIAL: ['PASSPORT'], PERSONAL: ['PASSPORT', 'SELFIE'] };

export default function CertificatePage() {
  const { t } = useTranslation();
  return <OwnPage title={t('certificates')}>{(own, again) => <Ladder own={own} again={again} />}</OwnPage>;
}

type Props = { own: OwnPartsFragment; again: () => void };

function Ladder({ own, again }: Props) {
  const { t } = useTranslation();
  const { level: has, request } = own.certificate;
  const [asked, setAsked] = useState<CertificateLevel>();
  const [told, setTold] = useState('');
  const isWaiting = request?.status === 'PENDING';
  const isRefused = request?.status === 'REJECTED';
  const level = request ? t(`level_${request.level}`) : '';
  return (
    <>
      {told && <Told>{told}</Told>}
      {isWaiting && !told && <Alert color="blue" variant="light" role="status">{t('certificateWaits', { level, time: time(request.createdAt) })}</Alert>}
      {isRefused && !asked && <Alert color="red" variant="light" role="status">{t('certificateRefused', { level, reason: request.reason })}<br />{t('certificateRefusedHint')}</Alert>}
      {has === 'ALIAS' && <Text size="sm">{t('certificateLocks')} <Anchor component={Link} to="/settings/profile" underline="always">{t('checkProfile')}</Anchor></Text>}
      {levels.map((l) => (
        <section key={l} className="panel" aria-labelledby={l} data-testid={`level-${l}`}>
          <Group justify="space-between" mb="xs">
            <Title order={2} size="h4" id={l}>{t(`level_${l}`)}</Title>
            {isWaiting && l === request.level ? <Badge variant="light" color="blue">{t('certificateReview')}</Badge> : l === has ? <Badge variant="light">{t('certificateYours')}</Badge> : levels.indexOf(l) < levels.indexOf(has) ? <Badge variant="light" color="gray">{t('certificateHas')}</Badge> : null}
          </Group>
          <dl className="level"><dt>{t('certificateNeeds')}</dt><dd>{t(`needs_${l}`)}</dd><dt>{t('certificateGives')}</dt><dd>{t(`gives_${l}`)}</dd></dl>
          {l === has && <Anchor component={Link} to="/settings/limits" underline="always" className="back">{t('yourLimits')}</Anchor>}
          {isRefused && asked === l && l === request.level && <Text size="sm" mt="xs" c="var(--mantine-color-error)" style={{ overflowWrap: 'anywhere' }}>{t('certificateRefusedFor', { reason: request.reason })}</Text>}
          {levels.indexOf(l) > levels.indexOf(has) && isWaiting && l !== request.level && <Text size="sm" c="dimmed" mt="xs">{t('certificateOneAtATime')}</Text>}
          {levels.indexOf(l) > levels.indexOf(has) && !isWaiting && (!asked || asked === l) && (asked === l
            ? <Ask level={l} onDone={(text) => { setAsked(undefined); setTold(text); again(); }} onCancel={() => setAsked(undefined)} />
            : <Way level={l} own={own} again={isRefused && l === request.level} primary={isRefused && levels.indexOf(request.level) > levels.indexOf(has) ? l === request.level : levels.indexOf(l) === levels.indexOf(has) + 1} onAsk={() => { setTold(''); setAsked(l); }} />)}
        </section>
      ))}
    </>
  );
}

// Way leads to a level, or to what is due before it.
function Way({ level, own, again, primary, onAsk }: { level: CertificateLevel; own: OwnPartsFragment; again: boolean; primary: boolean; onAsk: () => void }) {
  const { t } = useTranslation();
  if (level === 'FORMAL' && !own.email.verified) return <Anchor component={Link} to="/settings/email" underline="always" className="back">{t('certificateFirstEmail')}</Anchor>;
  if (level !== 'FORMAL' && own.certificate.level === 'ALIAS') return <Text size="sm" c="dimmed" mt="xs">{t('certificateFirstFormal')}</Text>;
  return <Button mt="sm" variant={primary ? 'filled' : 'default'} aria-label={`${t(again ? 'certificateAgain' : 'certificateAsk')}: ${t(`level_${level}`)}`} onClick={onAsk}>{t(again ? 'certificateAgain' : 'certificateAsk')}</Button>;
}

// Ask takes the pictures that a level needs and makes the request.
function Ask({ level, onDone, onCancel }: { level: CertificateLevel; onDone: (told: string) => void; onCancel: () => void }) {
  const { t } = useTranslation();
  const [sent, setSent] = useState<Partial<Record<DocumentKind, string>>>({});
  const ask = useAct(RequestCertificateDocument);
  const ids = papers[level].flatMap((kind) => sent[kind] ?? []);

  async function send() {
    const { payload } = await ask.run({ input: { level, documentIds: ids } });
    if (payload?.request) onDone(payload.request.status === 'APPROVED' ? t('certificateIssued', { level: t(`level_${level}`) }) : t('certificateSentFor', { level: t(`level_${level}`) }));
  }
  return (
    <Stack mt="md">
      {papers[level].map((kind) => <Upload key={kind} kind={kind} onSent={(id) => setSent((was) => ({ ...was, [kind]: id }))} />)}
      <Problems problems={ask.problems} error={ask.error} />
      {ids.length < papers[level].length && <Text size="sm" c="dimmed">{t('certificatePictures')}</Text>}
      <Button loading={ask.busy} disabled={ids.length < papers[level].length} onClick={() => void send()}>{t('sendRequest')}</Button>
      <Button variant="subtle" onClick={onCancel}>{t('cancel')}</Button>
    </Stack>
  );
}

import { Anchor, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { AgreementsDocument } from '../gql/graphql';
import { Problems } from './act';
import { Waiting } from './parts';

// Terms names the agreement that wallets are held under, with its text for whoever would read it.
export function Terms() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: AgreementsDocument });
  const [isRead, { toggle }] = useDisclosure();
  const terms = data?.agreements.find((a) => a.kind === 'TERMS_OF_TRANSFER');
  if (!terms) return error ? <Problems error={error} retry={() => again({ requestPolicy: 'network-only' })} /> : <Waiting rows={1} />;
  const [before, name] = t('openUnder', { title: terms.title }).split('|'); // the link begins at the bar
  return (
    <div>
      <Text size="sm">
        {before}<Anchor component="button" type="button" inherit ta="left" underline="always" display="inline" style={{ whiteSpace: 'normal' }} aria-expanded={isRead} aria-controls="terms" onClick={toggle}>{name}</Anchor>
      </Text>
      {isRead && <Text id="terms" mt="xs" className="agreement" tabIndex={0} role="group" aria-label={terms.title}>{terms.text}</Text>}
    </div>
  );
}

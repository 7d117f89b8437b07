import { Anchor } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { SupportDocument } from '../gql/graphql';

// Support leads to whoever helps where one cannot help oneself; to nowhere where the server names no place.
export function Support() {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: SupportDocument });
  const to = data?.supportUrl;
  if (!to) return null;
  return <Anchor href={to} target={to.startsWith('https:') ? '_blank' : undefined} rel="noreferrer" underline="always" className="back">{t('contactSupport')}</Anchor>;
}

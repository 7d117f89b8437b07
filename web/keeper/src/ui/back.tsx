import { Anchor } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

// Back leads from one of a list to the list.
export function Back({ to }: { to: 'history' | 'wallets' }) {
  const { t } = useTranslation();
  return <Anchor component={Link} to={`/${to}`} className="back">← {t(to)}</Anchor>;
}

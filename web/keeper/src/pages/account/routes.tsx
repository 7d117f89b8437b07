import { Center, Loader } from '@mantine/core';
import i18n from 'i18next';
import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';

const pages = {
  profile: lazy(() => import('./profile')), email: lazy(() => import('./email')), phone: lazy(() => import('./phone')), password: lazy(() => import('./password')),
  question: lazy(() => import('./question')), certificate: lazy(() => import('./certificate')), limits: lazy(() => import('./limits')), refused: lazy(() => import('./refused')),
  blocked: lazy(() => import('./blocked')), export: lazy(() => import('./export')), close: lazy(() => import('./closing')), agreements: lazy(() => import('./agreements')),
};

// AccountRoutes are the screens behind the settings.
export default function AccountRoutes() {
  return (
    <Suspense fallback={<Center h="60vh"><Loader role="status" aria-label={i18n.t('loading')} /></Center>}>
      <Routes>
        {Object.entries(pages).map(([path, Screen]) => <Route key={path} path={path} element={<Screen />} />)}
        <Route path="*" element={<Navigate to="/settings" replace />} />
      </Routes>
    </Suspense>
  );
}

/** The custom properties that let a repeated delivery, and an erasure, find the record that was made before. */
export const NOTE = { object: 'notes', mark: 'posthorn_event_id', label: 'Posthorn event' } as const;
export const DEAL = { object: 'deals', mark: 'posthorn_order_id', label: 'Posthorn order' } as const;
